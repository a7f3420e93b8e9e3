"""HTML plumbing: template tags, middleware, error pages, the Vite manifest. Knows no other app."""
