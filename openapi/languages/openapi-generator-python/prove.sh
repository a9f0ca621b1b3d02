# Run by ../run in an empty folder, with the folder openapi/ as its argument.
here=$1/languages/openapi-generator-python
echo "generator openapi-generator $(openapi-generator-cli version)"
openapi-generator-cli generate -i "$1/csss.yaml" -g python -o client > generator.log 2>&1
python3 -m venv venv
venv/bin/pip install --quiet -r "$here/requirements.txt"
export PYTHONPATH=client:$1/languages/python/src
venv/bin/python "$here/program.py"
for other in $OTHERS; do
  package=${other//-/_}
  openapi-generator-cli generate -i "$1/$other.yaml" -g python -o "$other" --package-name "$package" > generator.log 2>&1
  PYTHONPATH=$other venv/bin/python -c "import $package"
  echo "compiled $other"
done
PYTHONPATH=cube:$PYTHONPATH venv/bin/python "$here/cube_program.py" "$1/cube-signing-vectors.json"
