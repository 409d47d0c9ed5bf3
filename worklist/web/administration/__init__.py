"""Administrators' pages: everything that the catalogue holds, with its history."""
