//! Small designs through the whole way from Verilog to a running model.

use gristmill_sim::verilator::{
    BuildError, Design, LintError, ModelError, ModelLibrary, Optimise, Options, lint,
};

const ACCUMULATOR: &str = "module top(clock, reset, step, sum, next$sum, wide$in, wide$out);
    input wire clock;
    input wire reset;
    input wire [39:0] step;
    output reg [39:0] sum;
    output wire [39:0] next$sum;
    input wire [69:0] wide$in;
    output reg [69:0] wide$out;
    assign next$sum = reset ? 40'd0 : sum + step;
    always @(posedge clock) begin
        sum <= next$sum;
        wide$out <= ~wide$in;
    end
endmodule
";

fn quick(verilog: &str) -> Design {
    Design::new("top", verilog).with_options(Options {
        optimise: Optimise::Build,
        ..Options::default()
    })
}

/// Builds, or fails with the message rather than its debug form: it may name what is to be installed.
fn built(design: &Design) -> ModelLibrary {
    ModelLibrary::build(design).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_model_counts_from_its_first_edge() {
    let library = built(&quick(ACCUMULATOR));
    let mut model = library.instantiate().unwrap();
    let step = model.input("step").unwrap();
    let (sum, next) = (
        model.output("sum").unwrap(),
        model.output("next$sum").unwrap(),
    );
    let large = (1 << 40) - 1;
    model.set(model.input("reset").unwrap(), 1);
    model.cycle().unwrap();
    model.set(model.input("reset").unwrap(), 0);
    model.set(step, large);
    model.cycle().unwrap();
    assert_eq!(
        (model.get(sum), model.get(next)),
        (0, large),
        "sampled before the edge"
    );
    model.settle().unwrap();
    assert_eq!(
        (model.get(sum), model.get(next)),
        (large, large - 1),
        "settled after the edge"
    );
    model.edge().unwrap();
    model.cycle().unwrap();
    assert_eq!(model.get(sum), large - 1);
    assert_eq!(model.cycles(), 4);
}

#[test]
fn wide_ports_are_words_and_bytes() {
    let library = built(&quick(ACCUMULATOR));
    let mut model = library.instantiate().unwrap();
    let (input, output) = (
        model.input("wide$in").unwrap(),
        model.output("wide$out").unwrap(),
    );
    assert_eq!((input.width(), output.width()), (70, 70));
    let mut complement = |write: &dyn Fn(&mut gristmill_sim::verilator::Model)| {
        write(&mut model);
        model.cycle().unwrap();
        model.settle().unwrap();
        (model.words(output).to_vec(), model.bytes(output)[0])
    };
    assert_eq!(
        complement(&|model| model.set_words(input, &[1, 2, u32::MAX])),
        (vec![!1, !2, 0], 0xfe)
    );
    assert_eq!(
        complement(&|model| model.set_bytes(input, &[0x55])),
        (vec![!0x55, !0, 0x3f], 0xaa)
    );
    assert_eq!(
        complement(&|model| model.set(input, 1 << 32)),
        (vec![!0, !1, 0x3f], 0xff)
    );
}

#[test]
fn the_second_build_comes_from_the_cache() {
    let design = quick(&ACCUMULATOR.replace("next$sum", "later$sum"));
    let first = built(&design);
    let second = built(&design);
    assert!(second.was_cached());
    assert_eq!(first.path(), second.path());
    assert_eq!(first.ports(), second.ports());
    let mut clocked = design.clone();
    clocked.clock = "reset".into();
    assert_ne!(built(&clocked).path(), first.path());
}

#[test]
fn models_do_not_share_state() {
    let library = built(&quick(ACCUMULATOR));
    let models = [3, 5].map(|value| {
        let mut model = library.instantiate().unwrap();
        std::thread::spawn(move || {
            model.set(model.input("step").unwrap(), value);
            for _ in 0..1000 {
                model.cycle().unwrap();
            }
            model.settle().unwrap();
            model.get(model.output("sum").unwrap())
        })
    });
    assert_eq!(models.map(|model| model.join().unwrap()), [3000, 5000]);
}

#[test]
fn a_function_in_cxx_is_called() {
    let verilog = "module top(input wire clock, input wire [31:0] a, output reg [95:0] q);
        import \"DPI-C\" function void triple(input bit [31:0] a, output bit [95:0] q);
        bit [95:0] tripled;
        always @(posedge clock) begin
            triple(a, tripled);
            q <= tripled;
        end
    endmodule";
    let function = "#include \"svdpi.h\"
        extern \"C\" void triple(const svBitVecVal* a, svBitVecVal* q) {
            q[0] = *a; q[1] = *a + 1; q[2] = *a + 2;
        }";
    let library = built(&quick(verilog).with_function(function));
    let mut model = library.instantiate().unwrap();
    model.set(model.input("a").unwrap(), 7);
    model.cycle().unwrap();
    model.settle().unwrap();
    assert_eq!(model.words(model.output("q").unwrap()), [7, 8, 9]);
}

#[test]
fn waveforms_are_written_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.vcd");
    let options = Options {
        trace: true,
        optimise: Optimise::Build,
    };
    let library = built(&quick(ACCUMULATOR).with_options(options));
    let mut model = library.instantiate().unwrap();
    model.trace(&file).unwrap();
    for _ in 0..10 {
        model.cycle().unwrap();
    }
    drop(model);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.contains("$enddefinitions") && text.contains("next$sum"),
        "{text}"
    );
}

#[test]
fn what_does_not_exist_is_an_error() {
    let library = built(&quick(ACCUMULATOR));
    let mut model = library.instantiate().unwrap();
    assert!(matches!(model.input("sum"), Err(ModelError::NoPort { .. })));
    if std::env::var_os("GRISTMILL_TRACE").is_none() {
        let traced = model.trace(std::path::Path::new("never.vcd"));
        assert!(matches!(traced, Err(ModelError::Stopped(_))));
    }
    let broken = ModelLibrary::build(&quick("module top(input wire clock); wire 3; endmodule"));
    assert!(matches!(broken, Err(BuildError::Tool { .. })));
    let unclocked = ModelLibrary::build(&quick("module top(input wire clk); endmodule"));
    assert!(matches!(unclocked, Err(BuildError::NoClock(_))));
}

#[test]
fn a_stop_in_the_design_is_an_error() {
    let verilog = "module top(input wire clock, input wire bad);
        always @(posedge clock) if (bad) $stop;
    endmodule";
    let mut model = built(&quick(verilog)).instantiate().unwrap();
    let bad = model.input("bad").unwrap();
    model.cycle().unwrap();
    model.set(bad, 1);
    assert!(
        matches!(model.cycle(), Err(ModelError::Stopped(message)) if message.contains("$stop"))
    );
}

#[test]
fn lint_reports_each_message() {
    lint(ACCUMULATOR, "top").unwrap();
    let sloppy = "module top(input wire clock, input wire [7:0] a, output reg [3:0] q);
        always @(posedge clock) q <= a;
    endmodule";
    match lint(sloppy, "top") {
        Err(LintError::Messages { messages }) => {
            assert!(
                messages
                    .iter()
                    .any(|message| message.contains("WIDTHTRUNC")),
                "{messages:?}"
            );
            assert!(
                messages
                    .iter()
                    .any(|message| message.contains("UNUSEDSIGNAL")),
                "{messages:?}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_design_is_built_once_however_many_want_it() {
    let unique = format!("// {:?}\n{ACCUMULATOR}", std::time::SystemTime::now());
    let build = || built(&quick(&unique));
    let libraries = std::thread::scope(|scope| {
        let builders: Vec<_> = (0..4).map(|_| scope.spawn(build)).collect();
        builders
            .into_iter()
            .map(|builder| builder.join().unwrap())
            .collect::<Vec<_>>()
    });
    let built = libraries
        .iter()
        .filter(|library| !library.was_cached())
        .count();
    std::fs::remove_file(libraries[0].path()).unwrap();
    std::fs::remove_file(libraries[0].path().with_extension("lock")).unwrap();
    assert_eq!(built, 1);
}
