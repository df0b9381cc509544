"""What a real service answers, kept as files, and asked again of the emulator.

``proxy`` passes requests on and notes what comes of them · ``exchange`` one request and its answer, as they go by ·
``upload`` what is told of an uploaded file, and one made in its likeness · ``privacy`` no secret and nobody's name is
kept · ``placeholders`` an id becomes ``{job:1}``, and ``chosen`` a user's word ``{value:1}`` · ``writing`` the folder,
and ``session`` reading it · ``replaying`` the requests sent again · ``shape`` how one answer differs from another, and
``verdict`` how much that matters.

Not here: sockets and signals, which are ``commands.record``'s; rules made of a recording, which are ``from_har``'s.
"""
