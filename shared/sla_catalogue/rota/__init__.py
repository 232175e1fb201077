"""Rotas as iCalendar: shifts that a feed lists come in (`feed`), shifts that a rota has go out (`ics`)."""
