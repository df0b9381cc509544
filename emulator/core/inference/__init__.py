"""What a tuned model answers, without a model: the reply of the training example that is most like what was asked.

A pipeline can so be tested past the training. Nothing is computed but a look into the job's own training data:

    the same conversation            the assistant's turn that follows it, in the first such row
    the most similar last user text  the assistant's turn that follows that
    no data to answer from           a sentence that names the model

Every answer is a function of the training data and of what was asked, never of the order of requests.

``conversation`` is what is said, ``examples`` takes a row of training data apart, ``index`` finds the example,
``shelf`` keeps what was indexed, ``replies`` answers within the limits that were asked for, ``deployed`` gives a model
a name of its own. Not here: which models jobs have made (``core.models``), and in which words a provider answers.
"""
