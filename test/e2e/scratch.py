"""Folders for servers and their data, gone at the end of the block."""
import contextlib
import os
import pathlib
import pwd
import shutil
import tempfile


def other_user(name):
    """Whom a server becomes that drops root's rights; None: we are not root, and it stays who we are."""
    return pwd.getpwnam(name) if os.geteuid() == 0 else None


def lets_others_in(path):
    """May every user go there? A home may be closed (0700), and so may TMPDIR."""
    path = pathlib.Path(path).resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def place(on_disk):
    """Where folders are made: the system's temporary folder, and for what is `on_disk` the one that is never memory."""
    usual = ["/var/tmp", tempfile.gettempdir(), "/tmp"] if on_disk else [tempfile.gettempdir(), "/tmp", "/var/tmp"]
    return next((each for each in usual if os.access(each, os.W_OK) and lets_others_in(each)), None)


@contextlib.contextmanager
def scratch_folder(prefix, user=None, on_disk=False):
    """A new folder outside the clone, which may lie where only its owner can go.

    It belongs to `user` if we are root: a server that drops root's rights to become this user finds its data there.
    `on_disk`: for measurements in which a commit waits for a disk; /tmp may be memory."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=place(on_disk)))
    try:
        owner = user and other_user(user)
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
