# Run by ../run in an empty folder, with the folder openapi/ as its argument. Without --collapse-root-models each word of
# the API is a model to be wrapped and unwrapped; without --strict-nullable a `data` of null is refused.
here=$1/languages/datamodel-code-generator
python3 -m venv venv
venv/bin/pip install --quiet -r "$here/requirements.txt"
echo "generator $(tr '=' ' ' < "$here/requirements.txt" | tr -s ' ')"
export PYTHONPATH=.:$1/languages/python/src:$1/languages
for document in csss $OTHERS; do
  venv/bin/datamodel-codegen --input "$1/$document.yaml" --input-file-type openapi --output "${document//-/_}.py" \
    --output-model-type pydantic_v2.BaseModel --collapse-root-models --strict-nullable > generator.log 2>&1
  venv/bin/python -c "import ${document//-/_}"
done
venv/bin/python "$here/program.py"
printf 'compiled %s\n' $OTHERS
