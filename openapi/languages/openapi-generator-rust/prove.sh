# Run by ../run in an empty folder, with the folder openapi/ as its argument: what another generator makes in the language of
# the crate, as a control of the crate and of the documents. Needs cargo.
echo "generator openapi-generator $(openapi-generator-cli version)"
for document in csss $OTHERS; do
  openapi-generator-cli generate -i "$1/$document.yaml" -g rust -o "$document" \
    --additional-properties="packageName=$document" > generator.log 2>&1
done
cp -r "$1"/languages/openapi-generator-rust/{Cargo.toml,src} .
cargo run --quiet --target-dir "$1/../target/openapi-generator-rust"
printf 'compiled %s\n' $OTHERS
