"""Service reports, reviews and incident reviews of contracts: as values, in five languages, in four formats; frozen."""
