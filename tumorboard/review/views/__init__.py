"""The review page of a case and what it loads: timeline, figures, images, sources, slides."""
