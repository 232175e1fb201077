"""Rotas as iCalendar: shifts read from a feed (`feed`), shifts of a rota exported (`ics`)."""
