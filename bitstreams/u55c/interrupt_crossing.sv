// Interrupts of the core as requests to the PCIe bridge (PG194, internal MSI-X): a request stays until it is acknowledged.
//
// A pulse of the core turns a flag over; the other clock sees each change, after two registers, as one request. Pulses of
// one vector that come before the request of the one before them was acknowledged become one more request: the host looks
// at its rings after an interrupt, so none of its completions is lost.
module interrupt_crossing (
  input  wire       core_clk,
  input  wire       core_reset,
  input  wire [7:0] pulses,
  input  wire       pcie_clk,
  input  wire       pcie_resetn,
  output reg  [7:0] usr_irq_req,
  input  wire [7:0] usr_irq_ack
);
  // a change of the flag is a request, which has ended when it has come back
  reg [7:0] pending = 8'd0;
  reg [7:0] flag = 8'd0;
  reg [7:0] done = 8'd0;
  (* ASYNC_REG = "TRUE" *) reg [7:0] to_pcie1 = 8'd0;
  (* ASYNC_REG = "TRUE" *) reg [7:0] to_pcie2 = 8'd0;
  (* ASYNC_REG = "TRUE" *) reg [7:0] to_core1 = 8'd0;
  (* ASYNC_REG = "TRUE" *) reg [7:0] to_core2 = 8'd0;

  wire [7:0] idle = ~(flag ^ to_core2);
  wire [7:0] wanted = pending | pulses;
  wire [7:0] sent = usr_irq_req & usr_irq_ack;

  initial usr_irq_req = 8'd0;

  always @(posedge core_clk) begin
    to_core1 <= done;
    to_core2 <= to_core1;
    flag <= flag ^ (wanted & idle);
    pending <= wanted & ~idle;
    if (core_reset) begin
      pending <= 8'd0;
      // a request that is on its way ends by itself
      flag <= to_core2;
    end
  end

  always @(posedge pcie_clk) begin
    to_pcie1 <= flag;
    to_pcie2 <= to_pcie1;
    usr_irq_req <= (usr_irq_req & ~sent) | (~usr_irq_req & (to_pcie2 ^ done));
    done <= (done & ~sent) | (to_pcie2 & sent);
    if (!pcie_resetn) begin
      usr_irq_req <= 8'd0;
      done <= to_pcie2;
    end
  end
endmodule
