"""Graders: what scores a model's output during reinforcement fine-tuning. One file a grader, one file a metric.

``string_check``, ``text_similarity``, ``score_model``, ``label_model``, ``python`` and ``multi`` are the graders;
``grader`` says what they have in common, ``grade`` what they answer; ``templates`` fills in their texts, ``formula``
does a multigrader's sums, ``judge`` stands in for the model that grades.

    grader + Scope(sample, item)  --run-->  Grade: a reward, and what went wrong on the way

Nothing is executed and no model is asked: code that comes in is parsed at most, and a model's verdict is scripted.
Every grade is a function of what was sent, so that the same request has the same answer on every server.
"""
