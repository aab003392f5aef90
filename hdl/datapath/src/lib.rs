//! Arithmetic pipelines as a graph whose nets know their width, value bound and cycle.
