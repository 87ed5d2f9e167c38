import java.io.*; import java.util.*;
import org.apache.mxnet.optimizer.*; import org.apache.mxnet.Optimizer;
import scala.Tuple2; import scala.util.*;
public class Objects {
  static void put(String name, Optimizer o) throws Exception {
    ByteArrayOutputStream b = new ByteArrayOutputStream(); ObjectOutputStream s = new ObjectOutputStream(b); s.writeObject(o); s.flush();
    System.out.println("{\"name\": \""+name+"\", \"base64\": \""+Base64.getEncoder().encodeToString(b.toByteArray())+"\"},");
  }
  @SuppressWarnings("unchecked")
  static scala.collection.immutable.Map<Object,String> names(int n) {
    scala.collection.immutable.Map<Object,String> m = (scala.collection.immutable.Map<Object,String>)(Object)scala.collection.immutable.Map$.MODULE$.empty();
    String[] all = {"a_weight","a_bias","b_gamma","b_beta","c_weight","c_bias","d_weight"};
    for (int i=0;i<n;i++) m = m.$plus(new Tuple2<Object,String>(i, all[i]));
    return m;
  }
  public static void main(String[] a) throws Exception {
    for (int n=0;n<=7;n++) { Optimizer o = new SGD(0.1f,0.9f,0.01f,0f,null); o.setIdx2Name(names(n)); put("idx2name "+n, o); }
    Optimizer o = new NAG(0.1f,0.9f,0.01f,0f,null);
    List<String> l = Arrays.asList("data","a_weight","a_bias","b_weight","label");
    o.setArgNames(scala.collection.JavaConversions.asScalaBuffer(l)); put("argNames", o);
    o = new Adam(0.1f,0.9f,0.99f,1e-7f,0.9f,0.01f,0.5f,null); put("adam", o);
    System.err.println(o.getClass());
    o = new SGD(0.1f,0.9f,0.01f,0f,null); o.setIdx2Name(names(3));
    scala.collection.immutable.Map<Either<Object,String>,Object> mm = (scala.collection.immutable.Map<Either<Object,String>,Object>)(Object)scala.collection.immutable.Map$.MODULE$.empty();
    mm = mm.$plus(new Tuple2<Either<Object,String>,Object>(new Right<Object,String>("a_bias"), 0.5f));
    mm = mm.$plus(new Tuple2<Either<Object,String>,Object>(new Left<Object,String>(2), 0.25f));
    o.setLrMult(mm); o.setWdMult(mm); put("multipliers", o);
    put("subclass", new SGD(0.1f,0.9f,0.01f,0f,null){});
  }
}
