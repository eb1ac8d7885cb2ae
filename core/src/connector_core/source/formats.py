"""The formats of answers that are no one JSON object."""

from connector_core.source.csv_format import Csv
from connector_core.source.json_lines import JsonLines
from connector_core.source.xml_format import Xml
from connector_core.source.zip_format import Zip

Format = Csv | JsonLines | Xml | Zip
