"""`python -m sandbox`: the sandbox without Scrapy around it. Same options as `scrapy sandbox`."""

import argparse
import sys

from sandbox.cli import add_arguments, description, run


def main() -> int:
    """Read the options and serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description=description(), formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
