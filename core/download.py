"""The download command's old name: `python -m core.download` still runs core.files.download."""

from core.files.download import main

if __name__ == "__main__":
    main()
