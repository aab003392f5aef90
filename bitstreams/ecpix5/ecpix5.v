// The self-test of the NTT pipeline on an ECPIX-5: its oscillator, one light, one input.
module ecpix5 (
  input wire clk100,
  // high: an element of each run has a wrong bit
  input wire inject,
  // a light of three colours; a low level lights it
  output wire led_red_n,
  output wire led_green_n,
  output wire led_blue_n
);
  wire running;
  wire passed;
  wire failed;

  ntt_self_test self_test (
    .clock(clk100),
    .inject(inject),
    .running(running),
    .passed(passed),
    .failed(failed),
    .judged()
  );

  assign led_red_n = !failed;
  assign led_green_n = !passed;
  assign led_blue_n = !running;
endmodule
