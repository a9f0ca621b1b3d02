# Run by ../run in an empty folder, with the folder openapi/ as its argument. Needs Ruby 3.0 and Typhoeus: Debian's ruby and
# ruby-typhoeus.
echo "generator openapi-generator $(openapi-generator-cli version)"
load=()
for document in csss $OTHERS; do
  gem=${document//-/_}
  openapi-generator-cli generate -i "$1/$document.yaml" -g ruby -o "$document" --additional-properties="gemName=$gem" \
    > generator.log 2>&1
  load+=(-I "$document/lib")
  ruby -I "$document/lib" -e "require '$gem'"
done
ruby "${load[@]}" "$1/languages/ruby/program.rb" "$1"
printf 'compiled %s\n' $OTHERS
