// A card as small as can be: a doorbell copies a burst from host memory to card memory, back into the card, and with
// its lowest word incremented to host memory again, and raises interrupt 0. All ports are those of a real card.
//
// Registers: 0 reads "COPY"; 4 source; 8 place in card memory; 12 target; 16 doorbell: beats (1 to 8);
// 20 errors seen; any other is refused with DECERR.
module top(
    input wire clock, input wire reset,
    input wire registers_awvalid, output wire registers_awready, input wire [15:0] registers_awaddr,
    input wire registers_wvalid, output wire registers_wready, input wire [31:0] registers_wdata,
    input wire [3:0] registers_wstrb,
    output reg registers_bvalid, input wire registers_bready, output reg [1:0] registers_bresp,
    input wire registers_arvalid, output wire registers_arready, input wire [15:0] registers_araddr,
    output reg registers_rvalid, input wire registers_rready, output reg [31:0] registers_rdata,
    output reg [1:0] registers_rresp,
    output wire host_awvalid, input wire host_awready, output wire [3:0] host_awid, output wire [63:0] host_awaddr,
    output wire [7:0] host_awlen, output wire [2:0] host_awsize, output wire [1:0] host_awburst,
    output wire host_wvalid, input wire host_wready, output wire [511:0] host_wdata, output wire [63:0] host_wstrb,
    output wire host_wlast,
    input wire host_bvalid, output wire host_bready, input wire [3:0] host_bid, input wire [1:0] host_bresp,
    output wire host_arvalid, input wire host_arready, output wire [3:0] host_arid, output wire [63:0] host_araddr,
    output wire [7:0] host_arlen, output wire [2:0] host_arsize, output wire [1:0] host_arburst,
    input wire host_rvalid, output wire host_rready, input wire [3:0] host_rid, input wire [511:0] host_rdata,
    input wire [1:0] host_rresp, input wire host_rlast,
    output wire memory_awvalid, input wire memory_awready, output wire [3:0] memory_awid,
    output wire [63:0] memory_awaddr, output wire [7:0] memory_awlen, output wire [2:0] memory_awsize,
    output wire [1:0] memory_awburst,
    output wire memory_wvalid, input wire memory_wready, output wire [511:0] memory_wdata,
    output wire [63:0] memory_wstrb, output wire memory_wlast,
    input wire memory_bvalid, output wire memory_bready, input wire [3:0] memory_bid, input wire [1:0] memory_bresp,
    output wire memory_arvalid, input wire memory_arready, output wire [3:0] memory_arid,
    output wire [63:0] memory_araddr, output wire [7:0] memory_arlen, output wire [2:0] memory_arsize,
    output wire [1:0] memory_arburst,
    input wire memory_rvalid, output wire memory_rready, input wire [3:0] memory_rid, input wire [511:0] memory_rdata,
    input wire [1:0] memory_rresp, input wire memory_rlast,
    output wire [3:0] interrupts, output wire busy
);
    reg [31:0] source, place, target, errors;
    reg [3:0] beats;
    reg doorbell;

    assign registers_awready = registers_awvalid & registers_wvalid & ~registers_bvalid;
    assign registers_wready = registers_awready;
    assign registers_arready = ~registers_rvalid;

    reg [511:0] buffer [0:7];
    reg [2:0] phase;
    reg start;
    wire done, put;
    wire [2:0] index;
    wire host_done, host_put, memory_done, memory_put;
    wire [2:0] host_index, memory_index;
    wire [1:0] failed;
    assign done = host_done | memory_done;
    assign put = host_put | memory_put;
    assign index = (phase == 1 || phase == 4) ? host_index : memory_index;
    assign busy = phase != 0 || doorbell;
    assign interrupts = {3'b0, phase == 4 && done};

    always @(posedge clock) begin
        doorbell <= 0;
        start <= 0;
        if (registers_awready) begin
            registers_bvalid <= 1;
            registers_bresp <= 0;
            case (registers_awaddr)
                16'd4: source <= registers_wdata;
                16'd8: place <= registers_wdata;
                16'd12: target <= registers_wdata;
                16'd16: begin beats <= registers_wdata[3:0]; doorbell <= registers_wstrb == 4'hf; end
                default: registers_bresp <= 3;
            endcase
        end else if (registers_bready) registers_bvalid <= 0;
        if (registers_arvalid & registers_arready) begin
            registers_rvalid <= 1;
            registers_rresp <= 0;
            case (registers_araddr)
                16'd0: registers_rdata <= 32'h434f5059;
                16'd20: registers_rdata <= errors;
                default: begin registers_rdata <= 0; registers_rresp <= 3; end
            endcase
        end else if (registers_rready) registers_rvalid <= 0;

        if (doorbell) begin phase <= 1; start <= 1; end
        else if (done) begin
            phase <= phase == 4 ? 0 : phase + 1;
            start <= phase != 4;
        end
        if (failed != 0) errors <= errors + 1;
        if (put) buffer[index] <= host_put ? host_rdata : memory_rdata;
        if (reset) begin
            registers_bvalid <= 0; registers_rvalid <= 0;
            phase <= 0; start <= 0; errors <= 0; doorbell <= 0;
        end
    end

    mover host(
        clock, reset, start && phase == 1, start && phase == 4, {32'b0, phase == 1 ? source : target}, beats,
        host_done, failed[0], host_put, host_index, {buffer[host_index][511:32], buffer[host_index][31:0] + 32'd1},
        host_awvalid, host_awready, host_awid, host_awaddr, host_awlen, host_awsize, host_awburst,
        host_wvalid, host_wready, host_wdata, host_wstrb, host_wlast, host_bvalid, host_bready, host_bresp,
        host_arvalid, host_arready, host_arid, host_araddr, host_arlen, host_arsize, host_arburst,
        host_rvalid, host_rready, host_rresp, host_rlast);
    mover memory(
        clock, reset, start && phase == 3, start && phase == 2, {32'b0, place}, beats,
        memory_done, failed[1], memory_put, memory_index, buffer[memory_index],
        memory_awvalid, memory_awready, memory_awid, memory_awaddr, memory_awlen, memory_awsize, memory_awburst,
        memory_wvalid, memory_wready, memory_wdata, memory_wstrb, memory_wlast, memory_bvalid, memory_bready,
        memory_bresp,
        memory_arvalid, memory_arready, memory_arid, memory_araddr, memory_arlen, memory_arsize, memory_arburst,
        memory_rvalid, memory_rready, memory_rresp, memory_rlast);
endmodule

// Moves one burst; address and data of a write are offered together.
module mover(
    input wire clock, input wire reset, input wire read, input wire write, input wire [63:0] address,
    input wire [3:0] beats,
    output wire done, output wire failed, output wire put, output reg [2:0] index, input wire [511:0] data,
    output reg awvalid, input wire awready, output wire [3:0] awid, output wire [63:0] awaddr, output wire [7:0] awlen,
    output wire [2:0] awsize, output wire [1:0] awburst,
    output reg wvalid, input wire wready, output wire [511:0] wdata, output wire [63:0] wstrb, output wire wlast,
    input wire bvalid, output wire bready, input wire [1:0] bresp,
    output reg arvalid, input wire arready, output wire [3:0] arid, output wire [63:0] araddr, output wire [7:0] arlen,
    output wire [2:0] arsize, output wire [1:0] arburst,
    input wire rvalid, output wire rready, input wire [1:0] rresp, input wire rlast
);
    assign awid = 0; assign arid = 1;
    assign awaddr = address; assign araddr = address;
    assign awlen = {4'b0, beats} - 8'd1; assign arlen = awlen;
    assign awsize = 6; assign arsize = 6;
    assign awburst = 1; assign arburst = 1;
    assign wdata = data; assign wstrb = ~64'd0; assign wlast = {1'b0, index} == beats - 4'd1;
    assign bready = 1; assign rready = 1;
    assign put = rvalid;
    assign done = bvalid | (rvalid & rlast);
    assign failed = (bvalid & bresp != 0) | (rvalid & rlast & rresp != 0);
    always @(posedge clock) begin
        if (read) arvalid <= 1; else if (arready) arvalid <= 0;
        if (write) awvalid <= 1; else if (awready) awvalid <= 0;
        if (write) wvalid <= 1; else if (wready & wlast) wvalid <= 0;
        if (read | write) index <= 0;
        else if ((wvalid & wready) | rvalid) index <= index + 1;
        if (reset) begin arvalid <= 0; awvalid <= 0; wvalid <= 0; index <= 0; end
    end
endmodule
