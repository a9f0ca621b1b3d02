# Run by ../run in an empty folder, with the folder openapi/ as its argument.
here=$1/languages/python
echo "generator openapi-generator $(openapi-generator-cli version)"
openapi-generator-cli generate -i "$1/csss.yaml" -g python -o client > generator.log 2>&1
python3 -m venv venv
venv/bin/pip install --quiet -r "$here/requirements.txt"
export PYTHONPATH=client:$here
venv/bin/python "$here/vectors.py" "$1/signing-vectors.json"
venv/bin/python "$here/program.py"
