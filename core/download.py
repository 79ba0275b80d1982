"""Front door of the download command: `python -m core.download` runs core.files.download."""

import sys

from core.files.download import main

if __name__ == "__main__":
    main(sys.argv[1:])
