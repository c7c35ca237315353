import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.jute.InputArchive;
import org.apache.jute.OutputArchive;
import org.apache.jute.Record;
import org.apache.zookeeper.proto.MultiHeader;

/** A multi of any operations, also such as Java's own `MultiOperationRecord` cannot hold. */
final class Ops implements Record {
    final List<Integer> types = new ArrayList<>();
    final List<Record> bodies = new ArrayList<>();

    Ops add(int type, Record body) {
        types.add(type);
        bodies.add(body);
        return this;
    }

    @Override
    public void serialize(OutputArchive archive, String tag) throws IOException {
        for (int i = 0; i < types.size(); i++) {
            new MultiHeader(types.get(i), false, -1).serialize(archive, tag);
            bodies.get(i).serialize(archive, tag);
        }
        new MultiHeader(-1, true, -1).serialize(archive, tag);
    }

    @Override
    public void deserialize(InputArchive archive, String tag) {
        throw new UnsupportedOperationException();
    }
}
