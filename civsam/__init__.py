"""Helper library of the compendium on Danish municipalities' collaboration with civil society."""

__version__ = "0.3.1"
