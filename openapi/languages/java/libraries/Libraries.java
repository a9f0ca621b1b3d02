import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.gson.Gson;
import java.nio.file.*;
import java.util.*;
import java.util.regex.Pattern;
import org.json.*;

/** Holds the tables of docs/signing-trouble.md against what JSON libraries really write. */
class Libraries {
    /** Reads a body, sorts the names of its top level, and writes it. */
    private interface Library {
        String write(String body) throws Exception;
    }

    private static final ObjectMapper JACKSON = new ObjectMapper();
    private static final Gson GSON = new Gson();
    private static final Map<String, Library> LIBRARIES = new LinkedHashMap<>();

    static {
        LIBRARIES.put("fastjson 1", body -> com.alibaba.fastjson.JSON.toJSONString(
            new TreeMap<String, Object>(com.alibaba.fastjson.JSON.parseObject(body))));
        LIBRARIES.put("fastjson2", body -> com.alibaba.fastjson2.JSON.toJSONString(
            new TreeMap<String, Object>(com.alibaba.fastjson2.JSON.parseObject(body))));
        LIBRARIES.put("Jackson", body -> JACKSON.writeValueAsString(JACKSON.readValue(body, TreeMap.class)));
        LIBRARIES.put("Gson", body -> GSON.toJson(GSON.fromJson(body, TreeMap.class)));
        LIBRARIES.put("Hutool", body -> cn.hutool.json.JSONUtil.toJsonStr(
            new TreeMap<String, Object>(cn.hutool.json.JSONUtil.parseObj(body))));
        LIBRARIES.put("org.json", body -> {
            // Its objects keep no order of names, so it is handed one after the other.
            var writer = new JSONStringer();
            writer.object();
            new TreeMap<>(new JSONObject(body).toMap()).forEach((name, value) -> writer.key(name).value(value));
            return writer.endObject().toString();
        });
    }

    private static int checked = 0, wrong = 0;

    public static void main(String[] arguments) throws Exception {
        var rows = Files.readAllLines(Path.of(arguments[1])).stream().filter(row -> row.startsWith("| ")).toList();
        for (var row : rows) if (row.contains("| `")) compare(row, valueRow(row.split(" *\\| *")));
        for (var vector : JACKSON.readTree(Path.of(arguments[0]).toFile())) {
            if (vector.has("error")) continue;
            var named = "| " + vector.get("name").asText() + " |";
            var known = rows.stream().filter(row -> row.startsWith(named)).findFirst();
            var others = others(vector.get("content").asText(), vector.get("content").asText()).keySet();
            compare(known.orElse(""), others.isEmpty() ? "" : named + " " + String.join(", ", others) + " |");
        }
        if (wrong > 0) throw new AssertionError(wrong + " rows of " + arguments[1] + " are wrong");
        System.out.printf("libraries %d, measured on %d values and vectors%n", LIBRARIES.size(), checked);
    }

    /** What a value is, the value as it is sent, or as it is sent and as it is signed, and what each library makes of it. */
    private static String valueRow(String[] cells) throws Exception {
        var values = cells[2].split("`");
        var others = others(body(values[1]), body(values[values.length - 1]));
        var row = new StringBuilder("| " + cells[1] + " | " + cells[2] + " |");
        for (var library : LIBRARIES.keySet()) {
            var other = others.get(library);
            row.append(other == null ? " |" : " `" + other.substring(5, other.length() - 1) + "` |");
        }
        return row.toString();
    }

    /** In the table the escapes of what can't be seen stand for the characters. */
    private static String body(String value) {
        var seen = Pattern.compile("\\\\u(00[7-9a-f].|[^0]...)").matcher(value)
            .replaceAll(escape -> Character.toString(Integer.parseInt(escape.group(1), 16)));
        return "{\"a\":" + seen + "}";
    }

    /** What the libraries write of a body, where it is not what is signed. */
    private static Map<String, String> others(String body, String signed) throws Exception {
        var others = new LinkedHashMap<String, String>();
        for (var library : LIBRARIES.entrySet()) {
            var written = library.getValue().write(body);
            if (!written.equals(signed)) others.put(library.getKey(), written);
        }
        return others;
    }

    private static void compare(String stated, String measured) {
        checked++;
        if (stated.equals(measured)) return;
        wrong++;
        System.err.println("is:        " + stated + "\nshould be: " + measured);
    }
}
