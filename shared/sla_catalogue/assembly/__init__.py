"""Documents → domain objects, one module per section; what does not fit together is reported, never raised."""
