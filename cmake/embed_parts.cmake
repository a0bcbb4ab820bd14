# Writes OUT, a C++ source that holds the text of each of FILES: what document_parts() of
# gateway/http/document_parts.h returns. Each is called as its path below FOLDER, without ".json".
set(rows "")
foreach(file IN LISTS FILES)
  file(READ "${FOLDER}/${file}" text)
  string(REGEX REPLACE "\\.json$" "" name "${file}")
  string(APPEND rows "      {\"${name}\", R\"part(${text})part\"},\n")
endforeach()
file(WRITE "${OUT}" "#include \"gateway/http/document_parts.h\"

namespace cell0::gateway {

const std::vector<DocumentPart>& document_parts() {
  static const std::vector<DocumentPart> parts = {
${rows}  };
  return parts;
}

}  // namespace cell0::gateway
")
