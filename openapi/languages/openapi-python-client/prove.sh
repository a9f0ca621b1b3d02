# Run by ../run in an empty folder, with the folder openapi/ as its argument.
here=$1/languages/openapi-python-client
python3 -m venv venv
venv/bin/pip install --quiet -r "$here/requirements.txt"
echo "generator $(tr '=' ' ' < "$here/requirements.txt" | tr -s ' ')"
export PYTHONPATH=.:$1/languages/python/src:$1/languages
for document in csss $OTHERS; do
  client=${document//-/_}_client
  venv/bin/openapi-python-client generate --path "$1/$document.yaml" --meta none --output-path "$client" > generator.log 2>&1
  venv/bin/python -c "import $client.api, $client.models"
done
venv/bin/python "$here/program.py"
printf 'compiled %s\n' $OTHERS
