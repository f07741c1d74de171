use ribcage::output::format::{Cursor, FORMATS, Options};
use ribcage::output::frames::Frames;
use ribcage::record::*;
use ribcage::session::*;
use ribcage::wire::Timestamp;
use std::io::Write;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let data = std::fs::read(&a[1]).unwrap();
    let router = a[2].parse().unwrap();
    let extra = a.get(3).cloned().unwrap_or("none".into());
    let now = Timestamp::new(1767323045, 0);
    let pairs = vec![("extra".to_string(), extra)];
    let mut f = (FORMATS[0].build)(&Options {
        pairs: &pairs,
        name: "x",
        socket: false,
        stream: 0,
        streams: 1,
    })
    .unwrap();
    let mut batch = Batch::new(BatchLimits::for_messages(1 << 20));
    let mut s = Session::new(SessionId(1), router, SessionLimits::default());
    let mut out = Frames::new();
    let mut stdout = std::io::BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    let mut flush = |batch: &mut Batch| {
        let mut c = Cursor::default();
        while c.record < batch.records().len() {
            f.render(batch, &|_| true, &mut c, &mut out);
            stdout.write_all(&out.bytes).unwrap();
            out.clear();
        }
        batch.reset();
    };
    s.open(now, &mut batch).unwrap();
    let mut at = 0;
    loop {
        let (n, r) = s.receive(now, &data[at..], &mut batch);
        at += n;
        match r {
            Received::BatchFull => flush(&mut batch),
            Received::NeedInput => break,
            Received::Broken(e) => {
                eprintln!("{e:?}");
                break;
            }
        }
    }
    while let Some(e) = s.take_event() {
        eprintln!("{e:?}");
    }
    flush(&mut batch);
    s.close(now, CloseReason::EndOfStream, &mut batch).unwrap();
    flush(&mut batch);
    eprintln!("{:?}", s.take_counters());
}
