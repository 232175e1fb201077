"""Links by which a customer reads the support plan of one contract without a key: made, listed, revoked, opened."""
