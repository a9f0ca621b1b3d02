"""Refuses to build what is not whole: the clients are generated, and stand in no checkout."""

import pathlib

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Whole(BuildHookInterface):
    def initialize(self, version, build_data):
        root = pathlib.Path(self.root)
        if not list(root.glob("src/linksfield/*/models.py")) or len(list(root.glob("LICENSE-*"))) < 2:
            raise SystemExit("the generated part is missing: openapi/languages/run python generates and builds")
