"""The page that a browser opens, and its endpoints for programs: `hybrid-wbc serve`."""
