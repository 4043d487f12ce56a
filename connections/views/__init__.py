"""Pages about connections: looking (pages), connecting (connecting), and arriving from a provider (arriving)."""
