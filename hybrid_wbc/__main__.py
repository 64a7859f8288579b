"""Makes `python -m hybrid_wbc` the command `hybrid-wbc`, for where scripts are not on the path."""

from hybrid_wbc.cli.main import main

if __name__ == "__main__":
    main(prog_name="hybrid-wbc")
