// What every cell of the Java kernel sees; evaluated before the first cell.
import java.io.*;
import java.nio.file.*;
import java.time.*;
import java.util.*;
import java.util.function.*;
import java.util.stream.*;
import static org.esolm.jupyter.CellFunctions.*;
import org.esolm.data.*;
import org.esolm.notebook.*;
import org.esolm.random.*;
import org.esolm.sampler.*;
import org.esolm.tensor.*;
