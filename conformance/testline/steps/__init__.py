"""The sentences of the feature files: one or two lines each over the testers.

`features/test_features.py` binds them. A sentence that two steps match, that none matches, or a step that no
sentence uses fails `conformance/tests/test_features_steps.py`.
"""
