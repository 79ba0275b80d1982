"""`python -m core.download`, the command's old name, goes on working; it is core.files.download."""

from core.files.download import main

if __name__ == "__main__":
    main()
