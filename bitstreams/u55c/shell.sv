// The shell of the card `bn254_prover` on an Alveo U55C.
//
// NEVER RUN BY US through the vendor's tool, nor on a board: Yosys elaborates it, with the block design of shell.tcl as a black box
// (system.v), and that is all that has been checked.
//
// The block design `system` has what is the vendor's: PCIe, HBM, clocks, resets, and the crossings between them. Here the core
// meets its three buses, which all run on `core_clk`.
module shell (
  input  wire        pcie_refclk_p,
  input  wire        pcie_refclk_n,
  input  wire        pcie_reset_n,
  input  wire [15:0] pcie_rx_p,
  input  wire [15:0] pcie_rx_n,
  output wire [15:0] pcie_tx_p,
  output wire [15:0] pcie_tx_n,
  // 100 MHz, free running
  input  wire        clk_100mhz_p,
  input  wire        clk_100mhz_n,
  // high: the board switches off
  output wire        hbm_cattrip
);
  wire         core_clk;
  wire         core_reset;
  wire         pcie_clk;
  wire         pcie_resetn;
  wire [7:0]   usr_irq_req;
  wire [7:0]   usr_irq_ack;

  wire         registers_awvalid, registers_awready;
  wire [63:0]  registers_awaddr;
  wire         registers_wvalid, registers_wready;
  wire [31:0]  registers_wdata;
  wire [3:0]   registers_wstrb;
  wire         registers_bvalid, registers_bready;
  wire [1:0]   registers_bresp;
  wire         registers_arvalid, registers_arready;
  wire [63:0]  registers_araddr;
  wire         registers_rvalid, registers_rready;
  wire [31:0]  registers_rdata;
  wire [1:0]   registers_rresp;

  wire         host_awvalid, host_awready;
  wire [3:0]   host_awid;
  wire [63:0]  host_awaddr;
  wire [7:0]   host_awlen;
  wire [2:0]   host_awsize;
  wire [1:0]   host_awburst;
  wire         host_wvalid, host_wready, host_wlast;
  wire [511:0] host_wdata;
  wire [63:0]  host_wstrb;
  wire         host_bvalid, host_bready;
  wire [3:0]   host_bid;
  wire [1:0]   host_bresp;
  wire         host_arvalid, host_arready;
  wire [3:0]   host_arid;
  wire [63:0]  host_araddr;
  wire [7:0]   host_arlen;
  wire [2:0]   host_arsize;
  wire [1:0]   host_arburst;
  wire         host_rvalid, host_rready, host_rlast;
  wire [3:0]   host_rid;
  wire [511:0] host_rdata;
  wire [1:0]   host_rresp;

  wire         memory_awvalid, memory_awready;
  wire [3:0]   memory_awid;
  wire [63:0]  memory_awaddr;
  wire [7:0]   memory_awlen;
  wire [2:0]   memory_awsize;
  wire [1:0]   memory_awburst;
  wire         memory_wvalid, memory_wready, memory_wlast;
  wire [511:0] memory_wdata;
  wire [63:0]  memory_wstrb;
  wire         memory_bvalid, memory_bready;
  wire [3:0]   memory_bid;
  wire [1:0]   memory_bresp;
  wire         memory_arvalid, memory_arready;
  wire [3:0]   memory_arid;
  wire [63:0]  memory_araddr;
  wire [7:0]   memory_arlen;
  wire [2:0]   memory_arsize;
  wire [1:0]   memory_arburst;
  wire         memory_rvalid, memory_rready, memory_rlast;
  wire [3:0]   memory_rid;
  wire [511:0] memory_rdata;
  wire [1:0]   memory_rresp;

  wire [7:0]   interrupts;
  wire         busy;

  bn254_prover core (
    .clock(core_clk),
    .reset(core_reset),
    .registers_awaddr(registers_awaddr[15:0]),
    .registers_araddr(registers_araddr[15:0]),
    .registers_awvalid(registers_awvalid),
    .registers_awready(registers_awready),
    .registers_wvalid(registers_wvalid),
    .registers_wready(registers_wready),
    .registers_wdata(registers_wdata),
    .registers_wstrb(registers_wstrb),
    .registers_bvalid(registers_bvalid),
    .registers_bready(registers_bready),
    .registers_bresp(registers_bresp),
    .registers_arvalid(registers_arvalid),
    .registers_arready(registers_arready),
    .registers_rvalid(registers_rvalid),
    .registers_rready(registers_rready),
    .registers_rdata(registers_rdata),
    .registers_rresp(registers_rresp),
    .host_awvalid(host_awvalid),
    .host_awready(host_awready),
    .host_awid(host_awid),
    .host_awaddr(host_awaddr),
    .host_awlen(host_awlen),
    .host_awsize(host_awsize),
    .host_awburst(host_awburst),
    .host_wvalid(host_wvalid),
    .host_wready(host_wready),
    .host_wdata(host_wdata),
    .host_wstrb(host_wstrb),
    .host_wlast(host_wlast),
    .host_bvalid(host_bvalid),
    .host_bready(host_bready),
    .host_bid(host_bid),
    .host_bresp(host_bresp),
    .host_arvalid(host_arvalid),
    .host_arready(host_arready),
    .host_arid(host_arid),
    .host_araddr(host_araddr),
    .host_arlen(host_arlen),
    .host_arsize(host_arsize),
    .host_arburst(host_arburst),
    .host_rvalid(host_rvalid),
    .host_rready(host_rready),
    .host_rid(host_rid),
    .host_rdata(host_rdata),
    .host_rresp(host_rresp),
    .host_rlast(host_rlast),
    .memory_awvalid(memory_awvalid),
    .memory_awready(memory_awready),
    .memory_awid(memory_awid),
    .memory_awaddr(memory_awaddr),
    .memory_awlen(memory_awlen),
    .memory_awsize(memory_awsize),
    .memory_awburst(memory_awburst),
    .memory_wvalid(memory_wvalid),
    .memory_wready(memory_wready),
    .memory_wdata(memory_wdata),
    .memory_wstrb(memory_wstrb),
    .memory_wlast(memory_wlast),
    .memory_bvalid(memory_bvalid),
    .memory_bready(memory_bready),
    .memory_bid(memory_bid),
    .memory_bresp(memory_bresp),
    .memory_arvalid(memory_arvalid),
    .memory_arready(memory_arready),
    .memory_arid(memory_arid),
    .memory_araddr(memory_araddr),
    .memory_arlen(memory_arlen),
    .memory_arsize(memory_arsize),
    .memory_arburst(memory_arburst),
    .memory_rvalid(memory_rvalid),
    .memory_rready(memory_rready),
    .memory_rid(memory_rid),
    .memory_rdata(memory_rdata),
    .memory_rresp(memory_rresp),
    .memory_rlast(memory_rlast),
    .interrupts(interrupts),
    .busy(busy)
  );

  interrupt_crossing vectors (
    .core_clk(core_clk),
    .core_reset(core_reset),
    .pulses(interrupts),
    .pcie_clk(pcie_clk),
    .pcie_resetn(pcie_resetn),
    .usr_irq_req(usr_irq_req),
    .usr_irq_ack(usr_irq_ack)
  );

  system system (
    .pcie_refclk_clk_p(pcie_refclk_p),
    .pcie_refclk_clk_n(pcie_refclk_n),
    .pcie_perstn(pcie_reset_n),
    .pcie_mgt_rxp(pcie_rx_p),
    .pcie_mgt_rxn(pcie_rx_n),
    .pcie_mgt_txp(pcie_tx_p),
    .pcie_mgt_txn(pcie_tx_n),
    .clk_100mhz_clk_p(clk_100mhz_p),
    .clk_100mhz_clk_n(clk_100mhz_n),
    .hbm_cattrip(hbm_cattrip),
    .core_clk(core_clk),
    .core_reset(core_reset),
    .pcie_clk(pcie_clk),
    .pcie_resetn(pcie_resetn),
    .usr_irq_req(usr_irq_req),
    .usr_irq_ack(usr_irq_ack),
    .registers_awvalid(registers_awvalid),
    .registers_awready(registers_awready),
    .registers_awaddr(registers_awaddr),
    .registers_wvalid(registers_wvalid),
    .registers_wready(registers_wready),
    .registers_wdata(registers_wdata),
    .registers_wstrb(registers_wstrb),
    .registers_bvalid(registers_bvalid),
    .registers_bready(registers_bready),
    .registers_bresp(registers_bresp),
    .registers_arvalid(registers_arvalid),
    .registers_arready(registers_arready),
    .registers_araddr(registers_araddr),
    .registers_rvalid(registers_rvalid),
    .registers_rready(registers_rready),
    .registers_rdata(registers_rdata),
    .registers_rresp(registers_rresp),
    .host_awvalid(host_awvalid),
    .host_awready(host_awready),
    .host_awid(host_awid),
    .host_awaddr(host_awaddr),
    .host_awlen(host_awlen),
    .host_awsize(host_awsize),
    .host_awburst(host_awburst),
    .host_wvalid(host_wvalid),
    .host_wready(host_wready),
    .host_wdata(host_wdata),
    .host_wstrb(host_wstrb),
    .host_wlast(host_wlast),
    .host_bvalid(host_bvalid),
    .host_bready(host_bready),
    .host_bid(host_bid),
    .host_bresp(host_bresp),
    .host_arvalid(host_arvalid),
    .host_arready(host_arready),
    .host_arid(host_arid),
    .host_araddr(host_araddr),
    .host_arlen(host_arlen),
    .host_arsize(host_arsize),
    .host_arburst(host_arburst),
    .host_rvalid(host_rvalid),
    .host_rready(host_rready),
    .host_rid(host_rid),
    .host_rdata(host_rdata),
    .host_rresp(host_rresp),
    .host_rlast(host_rlast),
    .memory_awvalid(memory_awvalid),
    .memory_awready(memory_awready),
    .memory_awid(memory_awid),
    .memory_awaddr(memory_awaddr),
    .memory_awlen(memory_awlen),
    .memory_awsize(memory_awsize),
    .memory_awburst(memory_awburst),
    .memory_wvalid(memory_wvalid),
    .memory_wready(memory_wready),
    .memory_wdata(memory_wdata),
    .memory_wstrb(memory_wstrb),
    .memory_wlast(memory_wlast),
    .memory_bvalid(memory_bvalid),
    .memory_bready(memory_bready),
    .memory_bid(memory_bid),
    .memory_bresp(memory_bresp),
    .memory_arvalid(memory_arvalid),
    .memory_arready(memory_arready),
    .memory_arid(memory_arid),
    .memory_araddr(memory_araddr),
    .memory_arlen(memory_arlen),
    .memory_arsize(memory_arsize),
    .memory_arburst(memory_arburst),
    .memory_rvalid(memory_rvalid),
    .memory_rready(memory_rready),
    .memory_rid(memory_rid),
    .memory_rdata(memory_rdata),
    .memory_rresp(memory_rresp),
    .memory_rlast(memory_rlast),
    .registers_awprot(),
    .registers_arprot()
  );

  wire unused = &{1'b0, busy, registers_awaddr[63:16], registers_araddr[63:16]};
endmodule
