import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.jute.Record;
import org.apache.zookeeper.MultiOperationRecord;
import org.apache.zookeeper.MultiResponse;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;

/**
 * Prints what Java's own classes hold: records field by field under their jute names, 64-bit integers as
 * decimal strings, buffers as {"hex": "..."}.
 */
final class Json {
    private Json() {
    }

    static Map<String, Object> object(Object... keysAndValues) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }

    static String print(Object value) {
        if (value == null || value instanceof Integer || value instanceof Boolean) {
            return String.valueOf(value);
        }
        if (value instanceof Long || value instanceof String) {
            return quote(value.toString());
        }
        if (value instanceof byte[]) {
            return "{\"hex\":\"" + hex((byte[]) value) + "\"}";
        }
        if (value instanceof Map) {
            return ((Map<?, ?>) value).entrySet().stream()
                .map(entry -> quote((String) entry.getKey()) + ":" + print(entry.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof List) {
            return ((List<?>) value).stream().map(Json::print).collect(Collectors.joining(",", "[", "]"));
        }
        return print(fields(value));
    }

    private static Object fields(Object value) {
        if (value instanceof MultiOperationRecord) {
            List<Object> ops = new ArrayList<>();
            for (Op op : (MultiOperationRecord) value) {
                ops.add(typed(op.getType(), op.toRequestRecord()));
            }
            return object("ops", ops);
        }
        if (value instanceof Ops) {
            Ops ops = (Ops) value;
            List<Object> list = new ArrayList<>();
            for (int i = 0; i < ops.types.size(); i++) {
                list.add(typed(ops.types.get(i), ops.bodies.get(i)));
            }
            return object("ops", list);
        }
        if (value instanceof MultiResponse) {
            return object("results", ((MultiResponse) value).getResultList());
        }
        if (value instanceof OpResult) {
            return typed(((OpResult) value).getType(), value);
        }
        if (value instanceof Record) {
            return declared(value);
        }
        throw new IllegalArgumentException("no JSON for " + value.getClass());
    }

    private static Map<String, Object> typed(int type, Object body) {
        Map<String, Object> map = object("type", type);
        map.putAll(declared(body));
        return map;
    }

    private static Map<String, Object> declared(Object value) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (Field field : value.getClass().getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) || field.isSynthetic()) {
                continue;
            }
            field.setAccessible(true);
            try {
                map.put(field.getName(), field.get(value));
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            }
        }
        return map;
    }

    private static String hex(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte b : bytes) {
            text.append(String.format("%02x", b));
        }
        return text.toString();
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < 0x20 || c > 0x7e) {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
