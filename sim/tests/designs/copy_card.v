// A card as small as can be: a doorbell copies a burst from host memory to card memory, back into the card, and with
// its lowest word incremented to host memory again, and raises interrupt 0. All ports are those of a real card.
//
// Registers: 0 reads "COPY"; 4 source; 8 place in card memory; 12 target; 16 doorbell: beats (1 to 8);
// 20 errors seen; any other is refused with DECERR.
module top(
    input wire clock, input wire reset,
    input wire registers$awvalid, output wire registers$awready, input wire [15:0] registers$awaddr,
    input wire registers$wvalid, output wire registers$wready, input wire [31:0] registers$wdata,
    input wire [3:0] registers$wstrb,
    output reg registers$bvalid, input wire registers$bready, output reg [1:0] registers$bresp,
    input wire registers$arvalid, output wire registers$arready, input wire [15:0] registers$araddr,
    output reg registers$rvalid, input wire registers$rready, output reg [31:0] registers$rdata,
    output reg [1:0] registers$rresp,
    output wire host$awvalid, input wire host$awready, output wire [3:0] host$awid, output wire [63:0] host$awaddr,
    output wire [7:0] host$awlen, output wire [2:0] host$awsize, output wire [1:0] host$awburst,
    output wire host$wvalid, input wire host$wready, output wire [511:0] host$wdata, output wire [63:0] host$wstrb,
    output wire host$wlast,
    input wire host$bvalid, output wire host$bready, input wire [3:0] host$bid, input wire [1:0] host$bresp,
    output wire host$arvalid, input wire host$arready, output wire [3:0] host$arid, output wire [63:0] host$araddr,
    output wire [7:0] host$arlen, output wire [2:0] host$arsize, output wire [1:0] host$arburst,
    input wire host$rvalid, output wire host$rready, input wire [3:0] host$rid, input wire [511:0] host$rdata,
    input wire [1:0] host$rresp, input wire host$rlast,
    output wire memory$awvalid, input wire memory$awready, output wire [3:0] memory$awid,
    output wire [63:0] memory$awaddr, output wire [7:0] memory$awlen, output wire [2:0] memory$awsize,
    output wire [1:0] memory$awburst,
    output wire memory$wvalid, input wire memory$wready, output wire [511:0] memory$wdata,
    output wire [63:0] memory$wstrb, output wire memory$wlast,
    input wire memory$bvalid, output wire memory$bready, input wire [3:0] memory$bid, input wire [1:0] memory$bresp,
    output wire memory$arvalid, input wire memory$arready, output wire [3:0] memory$arid,
    output wire [63:0] memory$araddr, output wire [7:0] memory$arlen, output wire [2:0] memory$arsize,
    output wire [1:0] memory$arburst,
    input wire memory$rvalid, output wire memory$rready, input wire [3:0] memory$rid, input wire [511:0] memory$rdata,
    input wire [1:0] memory$rresp, input wire memory$rlast,
    output wire [3:0] interrupts, output wire busy
);
    reg [31:0] source, place, target, errors;
    reg [3:0] beats;
    reg doorbell;

    assign registers$awready = registers$awvalid & registers$wvalid & ~registers$bvalid;
    assign registers$wready = registers$awready;
    assign registers$arready = ~registers$rvalid;

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
        if (registers$awready) begin
            registers$bvalid <= 1;
            registers$bresp <= 0;
            case (registers$awaddr)
                16'd4: source <= registers$wdata;
                16'd8: place <= registers$wdata;
                16'd12: target <= registers$wdata;
                16'd16: begin beats <= registers$wdata[3:0]; doorbell <= registers$wstrb == 4'hf; end
                default: registers$bresp <= 3;
            endcase
        end else if (registers$bready) registers$bvalid <= 0;
        if (registers$arvalid & registers$arready) begin
            registers$rvalid <= 1;
            registers$rresp <= 0;
            case (registers$araddr)
                16'd0: registers$rdata <= 32'h434f5059;
                16'd20: registers$rdata <= errors;
                default: begin registers$rdata <= 0; registers$rresp <= 3; end
            endcase
        end else if (registers$rready) registers$rvalid <= 0;

        if (doorbell) begin phase <= 1; start <= 1; end
        else if (done) begin
            phase <= phase == 4 ? 0 : phase + 1;
            start <= phase != 4;
        end
        if (failed != 0) errors <= errors + 1;
        if (put) buffer[index] <= host_put ? host$rdata : memory$rdata;
        if (reset) begin
            registers$bvalid <= 0; registers$rvalid <= 0;
            phase <= 0; start <= 0; errors <= 0; doorbell <= 0;
        end
    end

    mover host(
        clock, reset, start && phase == 1, start && phase == 4, {32'b0, phase == 1 ? source : target}, beats,
        host_done, failed[0], host_put, host_index, {buffer[host_index][511:32], buffer[host_index][31:0] + 32'd1},
        host$awvalid, host$awready, host$awid, host$awaddr, host$awlen, host$awsize, host$awburst,
        host$wvalid, host$wready, host$wdata, host$wstrb, host$wlast, host$bvalid, host$bready, host$bresp,
        host$arvalid, host$arready, host$arid, host$araddr, host$arlen, host$arsize, host$arburst,
        host$rvalid, host$rready, host$rresp, host$rlast);
    mover memory(
        clock, reset, start && phase == 3, start && phase == 2, {32'b0, place}, beats,
        memory_done, failed[1], memory_put, memory_index, buffer[memory_index],
        memory$awvalid, memory$awready, memory$awid, memory$awaddr, memory$awlen, memory$awsize, memory$awburst,
        memory$wvalid, memory$wready, memory$wdata, memory$wstrb, memory$wlast, memory$bvalid, memory$bready,
        memory$bresp,
        memory$arvalid, memory$arready, memory$arid, memory$araddr, memory$arlen, memory$arsize, memory$arburst,
        memory$rvalid, memory$rready, memory$rresp, memory$rlast);
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
