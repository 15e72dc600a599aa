"""The channel ``sms`` keeps the contract."""

from x_sms import channels

from ventanilla.plugins.testing import ChannelContract


class TestSms(ChannelContract):
    channel = channels()[0]
