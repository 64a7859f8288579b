"""The whole pipeline as one scikit-learn estimator."""
