import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.jute.Record;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.proto.ReplyHeader;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;

/** What the groups of cases share: the recorded client `subject`, and `hands` which prepares things unrecorded. */
abstract class Cases {
    static final List<ACL> OPEN = Ids.OPEN_ACL_UNSAFE;

    final Tap tap;
    final Map<String, String> hosts;

    Cases(Tap tap, Map<String, String> hosts) {
        this.tap = tap;
        this.hosts = hosts;
    }

    abstract void run() throws Exception;

    static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    static List<ACL> owned(int perms) throws Exception {
        String digest = DigestAuthenticationProvider.generateDigest("alice:secret");
        return Collections.singletonList(new ACL(perms, new Id("digest", digest)));
    }

    static List<ACL> locked() throws Exception {
        return owned(Perms.ALL);
    }

    static void make(Client hands, String path, String data) throws Exception {
        hands.create(path, bytes(data), OPEN, CreateMode.PERSISTENT);
    }

    /** One operation's cases, all sent by one client. */
    final class On {
        private final Client client;
        private final String operation;
        private final int opcode;

        On(Client client, String operation, int opcode) {
            this.client = client;
            this.operation = operation;
            this.opcode = opcode;
        }

        ReplyHeader call(String name, Record request, Record response) throws Exception {
            return tap.call(client, operation, opcode, name, request, response);
        }
    }
}
