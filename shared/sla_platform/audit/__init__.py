"""The audit log: every act of a person, a key or an operator, append-only, in a chain of hashes, one a service."""
