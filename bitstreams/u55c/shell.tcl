# Builds the image of the card `bn254_prover` for an Alveo U55C with Vivado.
#
# NEVER RUN BY US: we have neither the tool nor the board. It is written from AMD's product guides: PG194 and PG195 (the PCIe block in
# AXI bridge mode), PG276 (HBM), PG247 (SmartConnect). What we check is in `make shell-check`: the top elaborates, and the
# ports that this script makes are those that the top connects.
#
#     vivado -mode batch -source bitstreams/u55c/shell.tcl -tclargs <folder of the card's Verilog> <output folder>
#
# after `make emit`; the folder of the card's Verilog is target/verilog/bn254_prover.
#
# host:      the core's AXI bus -> SmartConnect -> S_AXI_B of the bridge, whose one AXI BAR maps addresses of host memory one to one
# registers: BAR 0 (4 KiB) -> M_AXI_B of the bridge -> SmartConnect -> AXI4-Lite of the core
# memory:    the core's AXI bus -> SmartConnect -> 4 ports of HBM with 4 GiB each; an access goes at the speed of one port
# interrupts: MSI-X in the bridge; see interrupt_crossing.sv

if {$argc != 2} {
  error "arguments: <folder of the card's Verilog> <output folder>"
}
set verilog [file normalize [lindex $argv 0]]
set output [file normalize [lindex $argv 1]]
set here [file dirname [file normalize [info script]]]

create_project -force u55c $output/project -part xcu55c-fsvh2892-2L-e
set files [split [string trim [read [open $verilog/files.f]]] "\n"]
foreach file $files {
  add_files -norecurse $verilog/$file
}
add_files -norecurse [list $here/shell.sv $here/interrupt_crossing.sv]
add_files -fileset constrs_1 -norecurse $here/shell.xdc

create_bd_design system

# The core's clock: clock_kilohertz of the card's file.
set core_mhz 250

proc ip {name vlnv properties} {
  set cell [create_bd_cell -type ip -vlnv $vlnv $name]
  if {[llength $properties]} {
    set_property -dict $properties $cell
  }
  return $cell
}

proc nets {source args} {
  foreach sink $args {
    connect_bd_net [get_bd_pins $source] [get_bd_pins $sink]
  }
}

# pins
create_bd_intf_port -mode Slave -vlnv xilinx.com:interface:diff_clock_rtl:1.0 pcie_refclk
set_property CONFIG.FREQ_HZ 100000000 [get_bd_intf_ports pcie_refclk]
create_bd_intf_port -mode Slave -vlnv xilinx.com:interface:diff_clock_rtl:1.0 clk_100mhz
set_property CONFIG.FREQ_HZ 100000000 [get_bd_intf_ports clk_100mhz]
create_bd_intf_port -mode Master -vlnv xilinx.com:interface:pcie_7x_mgt_rtl:1.0 pcie_mgt
create_bd_port -dir I -type rst pcie_perstn
set_property CONFIG.POLARITY ACTIVE_LOW [get_bd_ports pcie_perstn]
create_bd_port -dir O hbm_cattrip

# the core's side
create_bd_port -dir O -type clk core_clk
create_bd_port -dir O -type rst core_reset
set_property CONFIG.POLARITY ACTIVE_HIGH [get_bd_ports core_reset]
create_bd_port -dir O -type clk pcie_clk
create_bd_port -dir O -type rst pcie_resetn
create_bd_port -dir I -from 7 -to 0 usr_irq_req
create_bd_port -dir O -from 7 -to 0 usr_irq_ack
create_bd_intf_port -mode Master -vlnv xilinx.com:interface:aximm_rtl:1.0 registers
set_property -dict {CONFIG.PROTOCOL AXI4LITE CONFIG.ADDR_WIDTH 64 CONFIG.DATA_WIDTH 32} [get_bd_intf_ports registers]
foreach bus {host memory} {
  create_bd_intf_port -mode Slave -vlnv xilinx.com:interface:aximm_rtl:1.0 $bus
  set_property -dict {
    CONFIG.PROTOCOL AXI4 CONFIG.ADDR_WIDTH 64 CONFIG.DATA_WIDTH 512 CONFIG.ID_WIDTH 4
    CONFIG.HAS_CACHE 0 CONFIG.HAS_LOCK 0 CONFIG.HAS_PROT 0 CONFIG.HAS_QOS 0 CONFIG.HAS_REGION 0
    CONFIG.SUPPORTS_NARROW_BURST 0 CONFIG.MAX_BURST_LENGTH 64
    CONFIG.NUM_READ_OUTSTANDING 32 CONFIG.NUM_WRITE_OUTSTANDING 32
  } [get_bd_intf_ports $bus]
}
set_property CONFIG.ASSOCIATED_BUSIF {registers:host:memory} [get_bd_ports core_clk]

# PCIe
ip refclk xilinx.com:ip:util_ds_buf:2.2 {CONFIG.C_BUF_TYPE IBUFDSGTE}
connect_bd_intf_net [get_bd_intf_ports pcie_refclk] [get_bd_intf_pins refclk/CLK_IN_D]
ip bridge xilinx.com:ip:xdma:4.1 {
  CONFIG.functional_mode AXI_Bridge
  CONFIG.mode_selection Advanced
  CONFIG.device_port_type PCI_Express_Endpoint_device
  CONFIG.pl_link_cap_max_link_width X16
  CONFIG.pl_link_cap_max_link_speed 8.0_GT/s
  CONFIG.pcie_blk_locn PCIE4C_X1Y0
  CONFIG.ref_clk_freq 100_MHz
  CONFIG.axi_addr_width 64
  CONFIG.axi_data_width 512_bit
  CONFIG.axisten_freq 250
  CONFIG.en_axi_slave_if true
  CONFIG.axibar_num 1
  CONFIG.axibar2pciebar_0 0x0000000000000000
  CONFIG.pf0_bar0_enabled true
  CONFIG.pf0_bar0_64bit false
  CONFIG.pf0_bar0_scale Kilobytes
  CONFIG.pf0_bar0_size 4
  CONFIG.pciebar2axibar_0 0x0000000000000000
  CONFIG.vendor_id F1A2
  CONFIG.pf0_device_id 4752
  CONFIG.pf0_revision_id 01
  CONFIG.pf0_class_code 120000
  CONFIG.pf0_msi_enabled false
  CONFIG.pf0_msix_enabled true
  CONFIG.pf0_msix_impl_locn Internal
  CONFIG.xdma_num_usr_irq 8
}
nets refclk/IBUF_OUT bridge/sys_clk_gt
nets refclk/IBUF_DS_ODIV2 bridge/sys_clk
connect_bd_net [get_bd_ports pcie_perstn] [get_bd_pins bridge/sys_rst_n]
connect_bd_intf_net [get_bd_intf_pins bridge/pcie_mgt] [get_bd_intf_ports pcie_mgt]
connect_bd_net [get_bd_pins bridge/axi_aclk] [get_bd_ports pcie_clk]
connect_bd_net [get_bd_pins bridge/axi_aresetn] [get_bd_ports pcie_resetn]
connect_bd_net [get_bd_ports usr_irq_req] [get_bd_pins bridge/usr_irq_req]
connect_bd_net [get_bd_pins bridge/usr_irq_ack] [get_bd_ports usr_irq_ack]

# clocks: the board's oscillator runs without the host; the bridge's clock does not
ip clocks xilinx.com:ip:clk_wiz:6.0 [list \
  CONFIG.PRIM_SOURCE Differential_clock_capable_pin \
  CONFIG.PRIM_IN_FREQ 100.000 \
  CONFIG.CLKOUT1_REQUESTED_OUT_FREQ $core_mhz \
  CONFIG.CLKOUT2_USED true \
  CONFIG.CLKOUT2_REQUESTED_OUT_FREQ 450 \
  CONFIG.CLKOUT3_USED true \
  CONFIG.CLKOUT3_REQUESTED_OUT_FREQ 100 \
  CONFIG.USE_RESET false]
connect_bd_intf_net [get_bd_intf_ports clk_100mhz] [get_bd_intf_pins clocks/CLK_IN1_D]
connect_bd_net [get_bd_pins clocks/clk_out1] [get_bd_ports core_clk]

# Everything is reset with the bridge, so that no access of the core is left in a bridge that has forgotten it.
foreach {name clock} {core_resets clk_out1 hbm_resets clk_out2 apb_resets clk_out3} {
  ip $name xilinx.com:ip:proc_sys_reset:5.0 {}
  nets clocks/$clock $name/slowest_sync_clk
  nets clocks/locked $name/dcm_locked
}
nets bridge/axi_aresetn core_resets/ext_reset_in hbm_resets/ext_reset_in
# HBM keeps its calibration when the host resets the bridge
nets clocks/locked apb_resets/ext_reset_in
connect_bd_net [get_bd_pins core_resets/peripheral_reset] [get_bd_ports core_reset]

# HBM: two stacks of 8 GiB; ports 0, 8, 16 and 24 have a quarter each
ip hbm xilinx.com:ip:hbm:1.0 {
  CONFIG.USER_HBM_DENSITY 16GB
  CONFIG.USER_HBM_STACK 2
  CONFIG.USER_HBM_REF_CLK_0 100
  CONFIG.USER_HBM_REF_CLK_1 100
  CONFIG.USER_APB_EN false
  CONFIG.USER_SWITCH_ENABLE_00 TRUE
  CONFIG.USER_SWITCH_ENABLE_01 TRUE
}
set hbm_ports {00 08 16 24}
for {set i 0} {$i < 32} {incr i} {
  set port [format %02d $i]
  set_property CONFIG.USER_SAXI_$port [expr {$port in $hbm_ports}] [get_bd_cells hbm]
}
foreach stack {0 1} {
  nets clocks/clk_out3 hbm/HBM_REF_CLK_$stack hbm/APB_${stack}_PCLK
  nets apb_resets/peripheral_aresetn hbm/APB_${stack}_PRESET_N
}
foreach port $hbm_ports {
  nets clocks/clk_out2 hbm/AXI_${port}_ACLK
  nets hbm_resets/peripheral_aresetn hbm/AXI_${port}_ARESET_N
}
ip cattrip xilinx.com:ip:util_vector_logic:2.0 {CONFIG.C_OPERATION or CONFIG.C_SIZE 1}
nets hbm/DRAM_0_STAT_CATTRIP cattrip/Op1
nets hbm/DRAM_1_STAT_CATTRIP cattrip/Op2
connect_bd_net [get_bd_pins cattrip/Res] [get_bd_ports hbm_cattrip]

# the crossings
ip host_crossing xilinx.com:ip:smartconnect:1.0 {CONFIG.NUM_SI 1 CONFIG.NUM_MI 1 CONFIG.NUM_CLKS 2}
connect_bd_intf_net [get_bd_intf_ports host] [get_bd_intf_pins host_crossing/S00_AXI]
connect_bd_intf_net [get_bd_intf_pins host_crossing/M00_AXI] [get_bd_intf_pins bridge/S_AXI_B]
ip register_crossing xilinx.com:ip:smartconnect:1.0 {CONFIG.NUM_SI 1 CONFIG.NUM_MI 1 CONFIG.NUM_CLKS 2}
connect_bd_intf_net [get_bd_intf_pins bridge/M_AXI_B] [get_bd_intf_pins register_crossing/S00_AXI]
connect_bd_intf_net [get_bd_intf_pins register_crossing/M00_AXI] [get_bd_intf_ports registers]
foreach crossing {host_crossing register_crossing} {
  nets clocks/clk_out1 $crossing/aclk
  nets bridge/axi_aclk $crossing/aclk1
  nets core_resets/interconnect_aresetn $crossing/aresetn
}
ip memory_crossing xilinx.com:ip:smartconnect:1.0 {CONFIG.NUM_SI 1 CONFIG.NUM_MI 4 CONFIG.NUM_CLKS 2}
connect_bd_intf_net [get_bd_intf_ports memory] [get_bd_intf_pins memory_crossing/S00_AXI]
set number 0
foreach port $hbm_ports {
  connect_bd_intf_net [get_bd_intf_pins memory_crossing/[format M%02d_AXI $number]] [get_bd_intf_pins hbm/SAXI_$port]
  incr number
}
nets clocks/clk_out1 memory_crossing/aclk
nets clocks/clk_out2 memory_crossing/aclk1
nets core_resets/interconnect_aresetn memory_crossing/aresetn

# addresses
assign_bd_address -offset 0x0 -range 4K -target_address_space [get_bd_addr_spaces bridge/M_AXI_B] [get_bd_addr_segs registers/Reg]
assign_bd_address -offset 0x0 -range 16E -target_address_space [get_bd_addr_spaces host] [get_bd_addr_segs bridge/S_AXI_B/BAR0]
set number 0
foreach port $hbm_ports {
  # a port reaches all of HBM; each is given the eight segments of 512 MiB of its quarter
  for {set i 0} {$i < 8} {incr i} {
    set segment [format HBM_MEM%02d [expr {8 * $number + $i}]]
    set offset [format 0x%X [expr {(8 * $number + $i) * 0x20000000}]]
    assign_bd_address -offset $offset -range 512M -target_address_space [get_bd_addr_spaces memory] \
      [get_bd_addr_segs hbm/SAXI_$port/$segment]
  }
  incr number
}

validate_bd_design
save_bd_design
make_wrapper -files [get_files system.bd] -top
generate_target all [get_files system.bd]
# shell.sv instantiates the block design itself
set_property top shell [current_fileset]

launch_runs synth_1 -jobs 4
wait_on_run synth_1
launch_runs impl_1 -to_step write_bitstream -jobs 4
wait_on_run impl_1
open_run impl_1
report_timing_summary -file $output/timing.txt
report_utilization -hierarchical -file $output/utilization.txt
if {[get_property SLACK [get_timing_paths]] < 0} {
  error "timing is not met: see $output/timing.txt"
}
file copy -force [get_property DIRECTORY [get_runs impl_1]]/shell.bit $output/shell.bit
