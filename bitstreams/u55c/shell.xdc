# Alveo U55C: what the shell's top connects. Sites as in the public board files (taxi, Corundum); never checked on a board by us.
set_property CFGBVS GND [current_design]
set_property CONFIG_VOLTAGE 1.8 [current_design]
set_property BITSTREAM.GENERAL.COMPRESS TRUE [current_design]
set_property CONFIG_MODE SPIx4 [current_design]
set_property BITSTREAM.CONFIG.SPI_BUSWIDTH 4 [current_design]
set_property BITSTREAM.CONFIG.SPI_32BIT_ADDR YES [current_design]
set_property BITSTREAM.CONFIG.CONFIGRATE 85.0 [current_design]
set_property BITSTREAM.CONFIG.EXTMASTERCCLK_EN DISABLE [current_design]
set_property BITSTREAM.CONFIG.UNUSEDPIN PULLUP [current_design]
set_property BITSTREAM.CONFIG.OVERTEMPSHUTDOWN ENABLE [current_design]

# MGTREFCLK0 of quad 225, for x16; the lanes follow from the location of the PCIe block.
set_property PACKAGE_PIN AR15 [get_ports pcie_refclk_p]
set_property PACKAGE_PIN AR14 [get_ports pcie_refclk_n]
create_clock -period 10.000 -name pcie_refclk [get_ports pcie_refclk_p]
set_property -dict {PACKAGE_PIN BF41 IOSTANDARD LVCMOS18 PULLUP TRUE} [get_ports pcie_reset_n]
set_false_path -from [get_ports pcie_reset_n]

set_property -dict {PACKAGE_PIN BK10 IOSTANDARD LVDS} [get_ports clk_100mhz_p]
set_property -dict {PACKAGE_PIN BL10 IOSTANDARD LVDS} [get_ports clk_100mhz_n]

# The board switches off while this is high.
set_property -dict {PACKAGE_PIN BE45 IOSTANDARD LVCMOS18 PULLDOWN TRUE} [get_ports hbm_cattrip]
set_false_path -to [get_ports hbm_cattrip]

# interrupt_crossing: flags that cross by two registers
set_max_delay -datapath_only -from [get_cells vectors/flag_reg[*]] -to [get_cells vectors/to_pcie1_reg[*]] 4.000
set_max_delay -datapath_only -from [get_cells vectors/done_reg[*]] -to [get_cells vectors/to_core1_reg[*]] 4.000
