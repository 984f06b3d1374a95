"""What is told of a server's opinion. The words are the server's, the layer says so."""

from ..rule import Layer, Wording, rule

SEE = "mend it, or see why that server says so"


@rule(Layer.SERVER)
def server_error(said: str) -> Wording:
    """A server that was asked by --server finds no error."""
    return said, SEE


@rule(Layer.SERVER, "warning")
def server_warning(said: str) -> Wording:
    """A server that was asked by --server finds nothing to warn of."""
    return said, SEE


@rule(Layer.SERVER, "information")
def server_information(said: str) -> Wording:
    """What a server that was asked by --server says beside errors and warnings, such as what it could not check."""
    return f"the server says: {said}", "see whether that matters to you"


@rule(Layer.SERVER, "information")
def server_profile_left_out(profile: str) -> Wording:
    """A profile that the server does not have is not claimed in the copy that is sent to it.

    A server reports an error for every claim that it can't resolve, which says nothing of the content.
    """
    return (
        f"not checked: the server has no profile {profile}, so it was sent a copy without this claim",
        "load the profile there, or send the claim with --keep-profiles",
    )


@rule(Layer.SERVER, "information")
def server_not_checked(what: str) -> Wording:
    """What the server did not validate is said."""
    return f"not checked: the server {what}", "ask another server, or have it allowed there"
