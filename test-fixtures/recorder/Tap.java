import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.Map;
import org.apache.jute.Record;
import org.apache.zookeeper.proto.ReplyHeader;

/**
 * The line to the recorder: one JSON object out, one line of answer in. The recorder takes the frames that pass
 * between a case's `begin` and its `end` as that case's.
 */
final class Tap {
    interface Action {
        Object run() throws Exception;
    }

    private final PrintStream out = System.out;
    private final BufferedReader in = new BufferedReader(new InputStreamReader(System.in));

    String ask(Object... keysAndValues) throws IOException {
        out.println(Json.print(Json.object(keysAndValues)));
        String answer = in.readLine();
        if (answer == null) {
            throw new IOException("the recorder is gone");
        }
        return answer;
    }

    /** Records one request and its reply. */
    ReplyHeader call(Client client, String operation, int opcode, String name, Record request, Record response)
        throws Exception {
        begin(operation, opcode, name, request);
        ReplyHeader header = client.submit(opcode, request, response);
        end(header, response);
        return header;
    }

    private void begin(String operation, int opcode, String name, Object sent) throws IOException {
        ask("do", "begin", "kind", "call", "operation", operation, "opcode", opcode, "name", name, "sent", sent);
    }

    private void end(ReplyHeader header, Record response) throws IOException {
        Map<String, Object> expect = Json.object("xid", header.getXid(), "zxid", header.getZxid(), "err", header.getErr());
        expect.put("response", header.getErr() == 0 ? response : null);
        ask("do", "end", "expect", expect);
    }

    /** Records an operation that Apache's client sends by itself while the action runs. */
    void observe(String operation, int opcode, String name, Object sent, Action action) throws Exception {
        begin(operation, opcode, name, sent);
        ask("do", "end", "expect", action.run());
    }

    /** Records the events that arrive while the action runs, which returns them as Java saw them. */
    void events(String name, Action action) throws Exception {
        ask("do", "begin", "kind", "events", "name", name);
        ask("do", "end", "expect", action.run());
    }

    /** Records a connection's first exchange. */
    void handshake(String name, Object sent, Action action) throws Exception {
        ask("do", "begin", "kind", "handshake", "name", name, "sent", sent);
        ask("do", "end", "expect", action.run());
    }

    /** Records all that passes on the one connection which the action makes. */
    void stream(String name, Action action) throws Exception {
        ask("do", "begin", "kind", "stream", "name", name);
        ask("do", "end", "expect", action.run());
    }
}
