"""The frame of the JSON API: operations, who may ask, problems and the OpenAPI document."""
