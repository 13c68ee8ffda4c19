import argparse
import os


def parse(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--kvmtest", required=True, help="kvmtest's build tree or installation")
    parser.add_argument("--guests", required=True, help="where the guests are")
    parser.add_argument("--work", required=True, help="a directory to work in")
    arguments = parser.parse_args()
    arguments.work = os.path.abspath(arguments.work)
    os.makedirs(arguments.work, exist_ok=True)
    return arguments
