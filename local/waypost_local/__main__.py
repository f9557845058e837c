"""`python -m waypost_local`, installed as `waypost-local`."""

import sys

from waypost_local import cli


def main() -> None:
    sys.exit(cli.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
