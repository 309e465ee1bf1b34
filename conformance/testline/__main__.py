"""`python -m testline`."""

from __future__ import annotations

from testline.cli import main

if __name__ == "__main__":
    main()
